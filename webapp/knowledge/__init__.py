"""Knowledge: what documents and websites say, cut into passages, searched and quoted."""
