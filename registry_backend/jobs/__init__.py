"""Import and export of device identities as jobs that survive the program.

Everything a job has done stands in the registry beside the job itself, so an interrupted one goes
on where it stopped. Reads `wire` for the file formats; knows no concrete store.
"""

from registry_backend.jobs.runner import JobRunner

__all__ = ["JobRunner"]
