"""Access by staff, in the admin and by commands: for a stated reason, and recorded. Imports the trail."""
