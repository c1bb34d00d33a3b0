// Each figure that has a view gets the button that opens it.

for (const [name, view] of Object.entries(views)) if (explorers[view.kind]) explore(name, () => explorers[view.kind](view));
