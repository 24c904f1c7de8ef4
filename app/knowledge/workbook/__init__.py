"""The FAQ as an Excel workbook and back: for editors who would rather not see YAML.

``writing`` makes the file, ``reading`` turns its rows into raw entries with the place of every cell, and ``yaml_edit``
carries what changed into ``kb/faq/*.yaml``, leaving everything else of those files as it was, comments included.
"""
