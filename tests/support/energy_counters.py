"""Counters of energy in a folder like the one in which Linux shows them."""

RANGE = 262_143_328_850


class Domain:
    """A folder of /sys/class/powercap."""

    def __init__(self, root, folder, name, microjoules=0, limit=RANGE):
        self.folder = root / folder
        self.folder.mkdir(parents=True)
        (self.folder / "name").write_text(f"{name}\n")
        (self.folder / "max_energy_range_uj").write_text(f"{limit}\n")
        self.set(microjoules)

    def set(self, microjoules):
        (self.folder / "energy_uj").write_text(f"{microjoules}\n")
