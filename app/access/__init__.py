"""Who somebody is: passwords, sign-ins, tokens of machines, sign-in at a provider, the client's waiting-room link.

Whatever proves who somebody is (a cookie's token, a machine's, a link's) is random, shown once and kept nowhere: the
database holds its digest.
"""
