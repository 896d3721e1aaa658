------------------------------- MODULE Settings -------------------------------
(****************************************************************************)
(* Changing lease and watchdog of a running cluster (core/membership).         *)
(*                                                                          *)
(* Who waits for the timer of a voted-out node waits for the S which that node   *)
(* itself published in its block. While the numbers change, what is published     *)
(* must cover what is used, also by renewals that are still good:               *)
(*   1. first publish the longer of the old and the new S;                     *)
(*   2. use the new numbers only after a complete round that showed it;          *)
(*   3. publish a shorter S only when the last renewal by the old numbers is      *)
(*      certainly over, S(old) after it.                                      *)
(* One node and one that waits for it; the rest of the protocol is in Lease. A    *)
(* renewal is good for S, kernel and watchdog included, from the round's begin.  *)
(****************************************************************************)
EXTENDS Naturals, FiniteSets, TLC

CONSTANTS
    Spans,      \* the values of S that may be changed between
    Changes,    \* how often
    Broken

Promise == {"publish the longer first", "use after it was shown", "publish the shorter late",
            "wait for what was published"}
ASSUME Broken \subseteq Promise
Keeps(promise) == promise \notin Broken

Longest == CHOOSE s \in Spans : \A t \in Spans : t <= s
Max(x, y) == IF x > y THEN x ELSE y

VARIABLES
    uses,       \* the S that the node lives by
    wants,      \* the S of the newest view
    publishes,  \* the S that its next block says
    old,        \* ticks since it last renewed by other numbers than the present; Longest + 1: long ago
    before,     \* those numbers
    round,      \* idle, begun, written, read
    carries,    \* the S that this round's block says
    age,        \* ticks since the round began
    alive,      \* for so many ticks it may still run something
    shown,      \* the S on the voting disks
    out,        \* it is voted out: a look sees that
    unread,     \* the other has not read the newest block
    seen,       \* ticks since the other first saw the newest block
    believes,   \* the S that it read there
    looked,     \* the other has looked after the eviction
    changes

vars == <<uses, wants, publishes, old, before, round, carries, age, alive, shown, out, unread, seen, believes, looked,
          changes>>

Init ==
    /\ uses \in Spans
    /\ wants = uses /\ publishes = uses /\ before = uses /\ shown = uses /\ believes = uses /\ carries = uses
    /\ old = Longest + 1 /\ round = "idle" /\ age = 0 /\ alive = uses
    /\ out = FALSE /\ unread = FALSE /\ seen = 0 /\ looked = FALSE /\ changes = 0

\* A view with other numbers becomes known. One change at a time.
Change ==
    /\ changes < Changes /\ changes' = changes + 1
    /\ wants = uses /\ publishes = uses
    /\ wants' \in Spans \ {uses}
    /\ publishes' = IF Keeps("publish the longer first") THEN Max(uses, wants') ELSE wants'
    /\ UNCHANGED <<uses, old, before, round, carries, age, alive, shown, out, unread, seen, believes, looked>>

\* The shorter S may be said.
Lower ==
    /\ wants = uses /\ publishes > uses
    /\ Keeps("publish the shorter late") => old > before
    /\ publishes' = uses
    /\ UNCHANGED <<uses, wants, old, before, round, carries, age, alive, shown, out, unread, seen, believes, looked,
                   changes>>

Begins ==
    /\ round = "idle" /\ alive > 0
    /\ round' = "begun" /\ age' = 0 /\ carries' = publishes
    /\ UNCHANGED <<uses, wants, publishes, old, before, alive, shown, out, unread, seen, believes, looked, changes>>

Writes ==
    /\ round = "begun" /\ alive > 0
    /\ round' = "written" /\ shown' = carries /\ unread' = TRUE
    /\ UNCHANGED <<uses, wants, publishes, old, before, carries, age, alive, out, seen, believes, looked, changes>>

\* It reads that it is voted out, and stops.
Reads ==
    /\ round = "written" /\ alive > 0
    /\ IF out THEN round' = "idle" /\ alive' = 0 /\ carries' = publishes /\ age' = 0
              ELSE round' = "read" /\ UNCHANGED <<alive, carries, age>>
    /\ UNCHANGED <<uses, wants, publishes, old, before, shown, out, unread, seen, believes, looked, changes>>

MayUse == carries >= wants \/ ~Keeps("use after it was shown")

\* The round is complete: the new numbers are taken into use if it showed them, and the lease is renewed.
Renews ==
    /\ round = "read" /\ alive > 0
    /\ LET next == IF wants # uses /\ MayUse THEN wants ELSE uses IN
        /\ uses' = next
        /\ before' = IF next # uses THEN uses ELSE before
        /\ old' = IF next # uses THEN 0 ELSE old
        /\ alive' = IF age < next THEN Max(alive, next - age) ELSE alive
    /\ round' = "idle" /\ age' = 0 /\ carries' = publishes
    /\ UNCHANGED <<wants, publishes, shown, out, unread, seen, believes, looked, changes>>

VotesOut ==
    /\ ~out /\ out' = TRUE
    /\ UNCHANGED <<uses, wants, publishes, old, before, round, carries, age, alive, shown, unread, seen, believes, looked,
                   changes>>

\* The other reads; after the eviction that is the look.
Looks ==
    /\ unread \/ (out /\ ~looked)
    /\ seen' = IF unread THEN 0 ELSE seen
    /\ believes' = IF ~unread THEN believes ELSE shown
    /\ unread' = FALSE /\ looked' = out
    /\ UNCHANGED <<uses, wants, publishes, old, before, round, carries, age, alive, shown, out, changes>>

Up(x) == IF x <= Longest THEN x + 1 ELSE x

Tick ==
    /\ alive' = IF alive > 0 THEN alive - 1 ELSE 0
    /\ age' = IF round = "idle" THEN 0 ELSE Up(age)
    /\ old' = Up(old) /\ seen' = Up(seen)
    /\ UNCHANGED <<uses, wants, publishes, before, round, carries, shown, out, unread, believes, looked, changes>>

Next == Change \/ Lower \/ Begins \/ Writes \/ Reads \/ Renews \/ VotesOut \/ Looks \/ Tick

Spec == Init /\ [][Next]_vars

----------------------------------------------------------------------------
\* Broken: the waiting one takes the numbers of the newest view, not those that the other published.
WaitsFor == IF Keeps("wait for what was published") THEN believes ELSE wants

\* Who waited for S does not find the other alive.
TimerIsTrue == out /\ looked /\ seen > WaitsFor => alive = 0

\* What is on the disks covers what is used, as soon as it is used.
ShownCoversUse == round = "idle" /\ alive > 0 => shown >= uses
=============================================================================
