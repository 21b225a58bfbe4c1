"""The documentation as a site: `make docs` builds it, and every warning is an error there."""

project = "medinjection-fr"
copyright = "the medinjection-fr maintainers"
extensions = ["myst_parser", "sphinx_copybutton"]
nitpicky = True

# Headings can be linked to as on GitHub: `running.md#interrupted-runs`.
myst_heading_anchors = 4

html_theme = "furo"
html_title = "medinjection-fr"
html_copy_source = False
html_show_sphinx = False
