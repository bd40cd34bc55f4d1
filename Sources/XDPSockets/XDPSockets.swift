// XDPSockets
