"""Tasks on other machines, through Dask: what travels, what a worker does with it, and the executor on the caller's side."""
