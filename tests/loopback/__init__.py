"""Servers on this machine that stand in for providers: real sockets, real HTTP, scripted trouble."""
