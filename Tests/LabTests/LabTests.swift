// The tests that need real links and real programs, one at a time: each has the machine to itself.

import Testing

@Suite(.serialized, .enabled(if: Obstacle.reason == nil, Obstacle.comment))
enum LabTests {}
