------------------------------ MODULE RegistryLog ------------------------------
(****************************************************************************)
(* The registry log and its fencing (core/registry, class Registry).         *)
(*                                                                          *)
(* The master of an epoch appends entries to a segment of its own on a       *)
(* majority of the locations. A deposed master is never stopped here: it     *)
(* goes on writing for ever, and no clock is used. Still no acknowledged      *)
(* entry is lost, because                                                   *)
(*   - nobody writes into another's segment;                                *)
(*   - an entry is acknowledged only after it is on a majority and a look at  *)
(*     the voting disks that began after that saw no newer epoch;            *)
(*   - a new master reads the rooted segment from a majority only after its    *)
(*     own view is committed and announced, and serves only after it has       *)
(*     made what it found the base of its own segment, by a change of the      *)
(*     root in the view register.                                           *)
(* Either the old master's look sees the new epoch, or the new master's read  *)
(* sees the entry.                                                          *)
(*                                                                          *)
(* The view register is one atomic variable here: see ViewRegister.          *)
(****************************************************************************)
EXTENDS Naturals, Sequences, FiniteSets, TLC

CONSTANTS
    Location,   \* where the registry is kept
    MaxEpoch,
    MaxEntry,   \* entries per epoch
    Broken      \* promises that are broken on purpose, see Promise

Promise == {"look before acknowledging", "look after writing", "read a majority", "root before serving",
            "committed before reading", "own segment"}
ASSUME Broken \subseteq Promise
Keeps(promise) == promise \notin Broken

Epoch == 1..MaxEpoch
Entry == 1..MaxEntry
IsMajority(M) == 2 * Cardinality(M) > Cardinality(Location)

VARIABLES
    view,       \* the register: epoch, and the root: whose segment is valid, and what came before it
    segment,    \* segment[l][e]: numbers of the entries in the segment of epoch e at location l
    master,     \* master[e]: the master of epoch e
    acked       \* acknowledged entries <<epoch, number>>

vars == <<view, segment, master, acked>>

Nobody == [at |-> "none", rootEpoch |-> 0, rootBase |-> <<>>, read |-> {}, found |-> {}, entry |-> 0,
           written |-> {}, looked |-> FALSE]

Init ==
    /\ view = [epoch |-> 1, rootEpoch |-> 1, base |-> <<>>]
    /\ segment = [l \in Location |-> [e \in Epoch |-> {}]]
    /\ master = [e \in Epoch |-> IF e = 1 THEN [Nobody EXCEPT !.at = "ready"] ELSE Nobody]
    /\ acked = {}

\* A broken new master reads what it needs before its view is committed.
ReadEarly(e) ==
    /\ ~Keeps("committed before reading")
    /\ view.epoch = e - 1 /\ master[e].at = "none"
    /\ master' = [master EXCEPT ![e] = [@ EXCEPT !.at = "early", !.rootEpoch = view.rootEpoch, !.rootBase = view.base]]
    /\ UNCHANGED <<view, segment, acked>>

\* The next epoch is committed and announced; its master begins to recover.
NewEpoch ==
    /\ view.epoch < MaxEpoch
    /\ LET e == view.epoch + 1 IN
        /\ view' = [view EXCEPT !.epoch = e]
        /\ master' = [master EXCEPT ![e] =
                        IF @.at = "early" THEN [@ EXCEPT !.at = "recovering"]
                        ELSE [@ EXCEPT !.at = "recovering", !.rootEpoch = view.rootEpoch, !.rootBase = view.base]]
    /\ UNCHANGED <<segment, acked>>

ReadSegment(e, l) ==
    /\ master[e].at \in {"recovering", "early"} /\ l \notin master[e].read
    /\ master' = [master EXCEPT ![e].read = @ \cup {l}, ![e].found = @ \cup segment[l][master[e].rootEpoch]]
    /\ UNCHANGED <<view, segment, acked>>

\* The entries without a hole from the first: the records are chained.
Prefix(found) == CHOOSE k \in 0..MaxEntry : (1..k) \subseteq found /\ k + 1 \notin found

Recovered(e) == IF Keeps("read a majority") THEN IsMajority(master[e].read) ELSE master[e].read # {}

\* What was found becomes the base of the own segment, by a change of the root in the register.
PublishRoot(e) ==
    /\ master[e].at = "recovering" /\ Recovered(e) /\ view.epoch = e
    /\ LET base == master[e].rootBase \o [i \in 1..Prefix(master[e].found) |-> <<master[e].rootEpoch, i>>] IN
        view' = [view EXCEPT !.rootEpoch = e, !.base = base]
    /\ master' = [master EXCEPT ![e].at = "ready", ![e].read = {}, ![e].found = {}]
    /\ UNCHANGED <<segment, acked>>

\* A broken new master serves without a root of its own.
ServeEarly(e) ==
    /\ ~Keeps("root before serving") /\ master[e].at = "recovering" /\ Recovered(e)
    /\ master' = [master EXCEPT ![e].at = "ready", ![e].read = {}, ![e].found = {}]
    /\ UNCHANGED <<view, segment, acked>>

Begin(e) ==
    /\ master[e].at = "ready" /\ master[e].entry < MaxEntry
    /\ master' = [master EXCEPT ![e].at = "writing", ![e].entry = @ + 1, ![e].written = {}, ![e].looked = FALSE]
    /\ UNCHANGED <<view, segment, acked>>

\* Which segment is written: the own one. Broken: the one that was the root when the master began.
Into(e) == IF Keeps("own segment") \/ master[e].rootEpoch = 0 THEN e ELSE master[e].rootEpoch

Write(e, l) ==
    /\ master[e].at = "writing" /\ l \notin master[e].written
    /\ segment' = [segment EXCEPT ![l][Into(e)] = @ \cup {master[e].entry}]
    /\ master' = [master EXCEPT ![e].written = @ \cup {l}]
    /\ UNCHANGED <<view, acked>>

\* A look at the voting disks that began after the writes, and saw no newer epoch.
Look(e) ==
    /\ master[e].at = "writing" /\ ~master[e].looked
    /\ Keeps("look after writing") => IsMajority(master[e].written)
    /\ view.epoch = e
    /\ master' = [master EXCEPT ![e].looked = TRUE]
    /\ UNCHANGED <<view, segment, acked>>

Acknowledge(e) ==
    /\ master[e].at = "writing" /\ IsMajority(master[e].written)
    /\ Keeps("look before acknowledging") => master[e].looked
    /\ acked' = acked \cup {<<e, master[e].entry>>}
    /\ master' = [master EXCEPT ![e].at = "ready"]
    /\ UNCHANGED <<view, segment>>

Next ==
    \/ NewEpoch
    \/ \E e \in Epoch :
        \/ ReadEarly(e) \/ PublishRoot(e) \/ ServeEarly(e) \/ Begin(e) \/ Look(e) \/ Acknowledge(e)
        \/ \E l \in Location : ReadSegment(e, l) \/ Write(e, l)

Spec == Init /\ [][Next]_vars

----------------------------------------------------------------------------
Range(s) == {s[i] : i \in 1..Len(s)}

\* An acknowledged entry is in the base of the root, or in the rooted segment on a majority of locations.
AckedIsKept ==
    \A a \in acked :
        \/ a \in Range(view.base)
        \/ /\ a[1] = view.rootEpoch
           /\ IsMajority({l \in Location : a[2] \in segment[l][a[1]]})

NoEntryTwice == \A i, j \in 1..Len(view.base) : view.base[i] = view.base[j] => i = j

\* The content is the entries in the order of epochs, and within an epoch in the order of numbers.
InOrder ==
    \A i, j \in 1..Len(view.base) : i < j =>
        \/ view.base[i][1] < view.base[j][1]
        \/ view.base[i][1] = view.base[j][1] /\ view.base[i][2] < view.base[j][2]

\* Locations are alike.
Alike == Permutations(Location)
=============================================================================
