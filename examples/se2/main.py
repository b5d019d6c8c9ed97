"""Runs once, before the first call: the plugin is imported, and stays."""

import plugin

print(plugin.__doc__)
