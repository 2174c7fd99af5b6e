"""Tables: from the files of yearbooks to cells, headers and units of measurement."""
