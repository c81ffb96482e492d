"""File formats: turning a publisher's file into rows and cells."""
