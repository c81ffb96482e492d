"""File formats: how a publisher's file becomes rows and cells."""
