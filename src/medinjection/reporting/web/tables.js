// Tables that sort, filter and give their rows as CSV: DataTables on the page's own tables, each when it comes near the
// screen. Without a script, and on paper, they are as they stand in the page. Words, and how the page's language writes
// numbers, are attributes of <body>.
{
  const words = document.body.dataset;
  const EMPTY = new Set(["", "–"]);
  const apart = document.createElement("template");

  const between = new RegExp(`(?<=\\d)${words.thousands}(?=\\d{3}(?!\\d))`, "g");
  const decimal = new RegExp(`(?<=\\d)\\${words.decimal}(?=\\d)`, "g");
  /** A text whose numbers are as programs read them: a point before decimals, nothing between thousands. */
  const plain = (text) =>
    text.replace(between, "").replace(decimal, ".").replace(/(\[[^\]]*)\s;/g, "$1,").replace(/\s;/g, ";");
  /** A text with plain spaces. */
  const breaking = (text) => text.replace(/\s/g, " ");
  /** The lines of a cell: what it says, then its interval, the published value and the like. */
  const lines = (html) => {
    apart.innerHTML = html;
    apart.content.querySelectorAll(".dt-column-order, .unseen").forEach((element) => element.remove());
    const minor = [...apart.content.querySelectorAll(".minor")];
    minor.forEach((element) => element.remove());
    return [apart.content, ...minor].map((part) => part.textContent.replace(/[ \n\t]+/g, " ").trim());
  };
  /** What a cell is sorted by: its first number where it begins with one, else its text; null where it says nothing. */
  const key = (html) => {
    const [text] = lines(html);
    if (EMPTY.has(text)) return null;
    const number = /^[<>≈]?\s*([+\-−]?\d+\.?\d*(?:e[+-]?\d+)?)(?![\w/])/i.exec(plain(text));
    return number ? Number(number[1].replace("−", "-")) : text;
  };
  const sorted = (sign) => (left, right) => {
    if (left === null || right === null) return (left === null) - (right === null);
    if (typeof left !== typeof right) return typeof left === "number" ? -1 : 1;
    return sign * (typeof left === "number" ? left - right : left.localeCompare(right, undefined, { numeric: true }));
  };
  DataTable.type("lines", { order: { pre: key, asc: sorted(1), desc: sorted(-1) } });

  const say = (text) => { document.getElementById("said").textContent = text; };
  const csv = (table) => ({
    footer: table.tFoot !== null, fieldSeparator: ",", fieldBoundary: '"', title: null, messageTop: null,
    exportOptions: { format: {
      body: (html, row, column, cell) =>
        breaking(lines(html).filter(Boolean).map(cell.matches("td:not(.text)") ? plain : String).join(" | ")),
      header: (html) => breaking(lines(html)[0]),
      footer: (html) => breaking(plain(lines(html)[0])),
    } },
  });
  const copy = (table) => ({
    ...csv(table), extend: "copyHtml5", text: words.copy,
    action(event, api, button, config, done) {
      DataTable.ext.buttons.copyHtml5.action.call(this, event, api, button, config, done);
      say(words.copied);
    },
  });
  const save = (table, name) => ({ ...csv(table), extend: "csvHtml5", text: words.save, filename: name });
  /** Shows or hides the lines below the numbers. */
  const more = {
    text: words.more,
    attr: { "aria-pressed": "true" },
    action(event, api, button) {
      const brief = api.table().node().classList.toggle("brief");
      button[0].setAttribute("aria-pressed", String(!brief));
    },
  };

  const enrich = (table) => {
    const box = table.closest(".scroll");
    // The head of several columns sorts none of them.
    table.querySelectorAll("th[scope=colgroup]").forEach((head) => { head.dataset.dtOrder = "disable"; });
    const api = new DataTable(table, {
      paging: false, info: false, order: [], autoWidth: false,
      columnDefs: [{ targets: "_all", type: "lines" }],
      layout: {
        topStart: "search",
        topEnd: { buttons: [
          copy(table), save(table, box.dataset.name), ...(table.querySelector(".minor") ? [more] : []),
        ] },
      },
      language: {
        search: words.filter, zeroRecords: words.none, emptyTable: words.none,
        aria: { orderable: words.sort, orderableReverse: words.reverse, orderableRemove: words.unsort },
        buttons: { copyTitle: words.copied, copySuccess: { _: words.copied, 1: words.copied } },
      },
    });
    const scrolled = table.closest(".dt-layout-table");
    scrolled.classList.add("scroll");
    for (const { name, value } of box.attributes) if (name !== "class") scrolled.setAttribute(name, value);
    box.replaceWith(api.table().container());
  };

  const near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      enrich(target.querySelector("table"));
    }
  }, { rootMargin: "600px" });
  document.querySelectorAll(".scroll:has(table)").forEach((box) => near.observe(box));
}
