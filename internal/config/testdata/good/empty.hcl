# A configuration without services is one too: the defaults of the daemon.
