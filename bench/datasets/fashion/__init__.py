"""FashionMNIST without torch: where its four files lie, how they are fetched and checked, and how they are read."""
