------------------------------- MODULE SetChange -------------------------------
(****************************************************************************)
(* Leases while the set of voting disks is exchanged (core/membership, classes *)
(* Membership and VotingSetChange). ViewRegister says that no view is lost then; *)
(* here is why nobody acts on a view that was. A node that has not heard of the *)
(* new set renews over the old one, where soon nobody writes or reads.         *)
(*                                                                          *)
(* One node M changes the set, votes the other node V out, and takes over by    *)
(* the timer; in any order. Every set is one register, which stands for a       *)
(* majority of its disks: a round writes and reads such majorities, and of two  *)
(* rounds over one set one sees the other (Flag). The sets have no disk in      *)
(* common, which is the worst case.                                         *)
(*                                                                          *)
(* V may pause between any two of its steps for any time. Here M itself takes   *)
(* over, and its own round in both sets has seen the last round of V that counts *)
(* over the old one. Others may learn of the new set without ever having read    *)
(* both: they count V's silence from then at the earliest (not modelled).      *)
(****************************************************************************)
EXTENDS Naturals, FiniteSets

CONSTANTS
    Lease,      \* ticks from the beginning of a round; here also the time to wait, as both have the same clock
    MaxTime,
    MaxRound,   \* rounds of V
    Broken      \* promises that are broken on purpose, see Promise

Promise == {"covers", "own announcement", "members announce"}
ASSUME Broken \subseteq Promise
Keeps(promise) == promise \notin Broken

\* A committed view: its place in the chain, its voting set, whether V is a member.
First == [n |-> 0, set |-> "old", in |-> TRUE]
Newer(v, w) == IF w.n > v.n THEN w ELSE v

Register == {"old", "new"}
Registers(set) == CASE set = "old" -> {"old"} [] set = "new" -> {"new"} [] set = "joint" -> Register

VARIABLES
    now,
    shown,      \* shown[X]: the view that M announces in set X
    block,      \* block[X]: the block of V in set X: its number, and the voting set of the view that it announces
    m,          \* M: the newest view; the round: its view, what is still to be written, to be read; what it knows of V
    v,          \* V: the newest view; the round likewise, when it began, what it saw; until when its lease goes
    taken       \* M has taken over what V ran

vars == <<now, shown, block, m, v, taken>>

Idle == [going |-> FALSE, view |-> First, began |-> 0, towrite |-> {}, toread |-> {}]

Init ==
    /\ now = 0
    /\ shown = [X \in Register |-> First]
    /\ block = [X \in Register |-> [number |-> 0, announces |-> "old"]]
    /\ m = [view |-> First, round |-> Idle, announced |-> "old", looked |-> FALSE,
            number |-> 0, hears |-> "old", since |-> 0]
    /\ v = [view |-> First, round |-> Idle, saw |-> First, number |-> 0, until |-> 0]
    /\ taken = FALSE

Tick == now < MaxTime /\ now' = now + 1 /\ UNCHANGED <<shown, block, m, v, taken>>

Begin(node, began) == [going |-> TRUE, view |-> node.view, began |-> began,
                towrite |-> Registers(node.view.set), toread |-> Registers(node.view.set)]

\* A round that wrote and read these sets counts for a view if it needed no others.
Counts(round, view) == Keeps("covers") => Registers(view.set) \subseteq Registers(round.view.set)

----------------------------------------------------------------------------
(* M *)

Commit(view) == m' = [m EXCEPT !.view = view, !.looked = IF view.in = m.view.in THEN @ ELSE FALSE]

ToJoint ==
    /\ m.view.set = "old"
    /\ Commit([m.view EXCEPT !.n = @ + 1, !.set = "joint"])
    /\ UNCHANGED <<now, shown, block, v, taken>>

VoteOut ==
    /\ m.view.in
    /\ Commit([m.view EXCEPT !.n = @ + 1, !.in = FALSE])
    /\ UNCHANGED <<now, shown, block, v, taken>>

ToNew ==
    /\ m.view.set = "joint"
    /\ Keeps("own announcement") => m.announced = "joint"
    /\ Keeps("members announce") /\ m.view.in => m.hears = "joint"
    /\ Commit([m.view EXCEPT !.n = @ + 1, !.set = "new"])
    /\ UNCHANGED <<now, shown, block, v, taken>>

BeginM ==
    /\ ~m.round.going
    /\ m' = [m EXCEPT !.round = Begin(m, 0)]
    /\ UNCHANGED <<now, shown, block, v, taken>>

WriteM(X) ==
    /\ X \in m.round.towrite
    /\ shown' = [shown EXCEPT ![X] = m.round.view]
    /\ m' = [m EXCEPT !.round.towrite = @ \ {X}]
    /\ UNCHANGED <<now, block, v, taken>>

ReadM(X) ==
    /\ m.round.towrite = {} /\ X \in m.round.toread
    /\ LET new == block[X].number > m.number
       IN m' = [m EXCEPT !.round.toread = @ \ {X},
                         !.number = IF new THEN block[X].number ELSE @,
                         !.hears = IF new THEN block[X].announces ELSE @,
                         !.since = IF new THEN now ELSE @]
    /\ UNCHANGED <<now, shown, block, v, taken>>

EndM ==
    /\ m.round.going /\ m.round.towrite = {} /\ m.round.toread = {}
    /\ m' = [m EXCEPT !.announced = m.round.view.set,
                      !.looked = @ \/ (~m.round.view.in /\ Counts(m.round, m.view)),
                      !.round = Idle]
    /\ UNCHANGED <<now, shown, block, v, taken>>

Take ==
    /\ ~taken /\ ~m.view.in /\ m.looked
    /\ now - m.since >= Lease
    /\ taken' = TRUE
    /\ UNCHANGED <<now, shown, block, m, v>>

----------------------------------------------------------------------------
(* V *)

BeginV ==
    /\ ~v.round.going /\ v.view.in /\ v.number < MaxRound
    /\ v' = [v EXCEPT !.round = Begin(v, now), !.saw = v.view, !.number = @ + 1]
    /\ UNCHANGED <<now, shown, block, m, taken>>

WriteV(X) ==
    /\ X \in v.round.towrite
    /\ block' = [block EXCEPT ![X] = [number |-> v.number, announces |-> v.round.view.set]]
    /\ v' = [v EXCEPT !.round.towrite = @ \ {X}]
    /\ UNCHANGED <<now, shown, m, taken>>

ReadV(X) ==
    /\ v.round.towrite = {} /\ X \in v.round.toread
    /\ v' = [v EXCEPT !.round.toread = @ \ {X}, !.saw = Newer(@, shown[X])]
    /\ UNCHANGED <<now, shown, block, m, taken>>

\* What the round showed is learned first; then it is decided whether the round is good for a lease.
EndV ==
    /\ v.round.going /\ v.round.towrite = {} /\ v.round.toread = {}
    /\ v' = [v EXCEPT !.view = v.saw, !.saw = First, !.round = Idle,
                      !.until = IF ~v.saw.in THEN 0
                                ELSE IF Counts(v.round, v.saw) THEN v.round.began + Lease ELSE @]
    /\ UNCHANGED <<now, shown, block, m, taken>>

Next ==
    \/ Tick \/ ToJoint \/ VoteOut \/ ToNew \/ Take
    \/ BeginM \/ EndM \/ (\E X \in Register : WriteM(X) \/ ReadM(X))
    \/ BeginV \/ EndV \/ (\E X \in Register : WriteV(X) \/ ReadV(X))

Spec == Init /\ [][Next]_vars

----------------------------------------------------------------------------

OneOwner == taken => v.until <= now

\* As long as V is a member, it knows of the new set in time to be there when the old one is given up.
NobodyLeftBehind == m.view.set = "new" /\ m.view.in => v.view.set # "old"
=============================================================================
