"""Who watches the pools of this process."""
