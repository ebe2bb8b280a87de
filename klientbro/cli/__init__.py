"""The `klientbro` command: every module here that has a `COMMAND` is one sub-command."""
