"""Steps: columns made of columns, and rows chosen, over one panel."""
