"""Table 3 of the Fashion-MNIST paper, as its report sets it beside the re-run."""
