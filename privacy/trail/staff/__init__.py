"""Access by staff: for a stated reason, and recorded in the trail."""
