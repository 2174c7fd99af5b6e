"""What the satellite saw: products, catalogue, and the Dask pipeline over rasters."""
