"""CPL for presence: scripts read, checked and evaluated (:rfc:`3880` and an extension of it).

    element      a script as XML elements with lines, within the bounds
    finding      what is wrong with a script, or doubtful
    reader       elements -> tree
    tree         a script as frozen nodes, numbered so that every way leads downwards
    checker      what the reader cannot see at one node: reach, points, unused parts
    compiler     bytes -> tree, or all that is wrong
    warnings     what is allowed and doubtful
    evaluator    tree, facts, now -> what is reached, and why

Switches and actions are one a file, beside this package; their tables of contents are what the
reader goes by.
"""
