"""A machine that calls by SIP and asks for one key: the program ``nps-sip``, which runs in a process of its own.

PJSIP, which it calls with, is GPL (or a commercial licence of its makers). ``phone`` alone imports it, and only that
program imports ``phone``; a host talks to the program by HTTP and loads nothing of it. See docs/sip.md.
"""
