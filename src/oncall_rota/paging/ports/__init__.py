"""What paging needs from the world, as protocols: a store that keeps its word, notifiers that send."""
