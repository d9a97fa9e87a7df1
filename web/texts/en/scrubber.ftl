# The bar that moves the views through what happened.

label = Time
event = Event
back = Previous event
back-title = Previous event of this socket or its other end ([)
on = Next event
on-title = Next event of this socket or its other end (])
now = Now
position = event { $at } of { $of }, at { $seconds } s
