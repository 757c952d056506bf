

digits"canary