"""City x year tables: reading yearbooks, codes, industrial-structure indices and joins."""
