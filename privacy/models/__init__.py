"""What privacy itself keeps, a module for each promise."""
