"""The API reference of the package genekin: `make docs` builds it."""

from core import __version__

project = "GeneKin"
copyright = "the GeneKin authors"  # noqa: A001  (Sphinx's name)
version = release = __version__

extensions = ["sphinx.ext.autodoc", "numpydoc"]
html_theme = "alabaster"
html_show_copyright = False
html_theme_options = {"description": "The gene family of DNA sequences", "page_width": "1100px"}

autodoc_typehints = "none"  # The docstrings say them in fewer words.
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True}
numpydoc_show_class_members = False
numpydoc_attributes_as_param_list = False
numpydoc_validation_checks = {
    "all",
    "ES01",  # A summary line is often enough,
    "EX01",  # and so is an example in the notebook.
    "PR04",  # Where a type is missing, the annotation says it.
    "SA01",  # The page itself is the list of what else there is.
}
# The fields of dataclasses are documented as attributes, and errors as their base class.
numpydoc_validation_exclude = {
    r"genekin\.(Call|Hit|Organism\w+|Record|Result|Similarity|Status|TraceResult|\w+Error)(\.|$)",
    r"genekin\.towhee\.(Encoded|Searched|SearchOptions)$",
}
nitpicky = True
nitpick_ignore_regex = [("py:mod", "core|json"), ("py:class", r"(pandas|towhee)\..*|PathLike")]
