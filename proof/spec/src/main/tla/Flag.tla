--------------------------------- MODULE Flag ---------------------------------
(****************************************************************************)
(* The flag principle on voting disks (rule R8, class DiskRound).           *)
(*                                                                          *)
(* Two parties each raise their own flag (write their block) and then look   *)
(* for the other's (read). At least one of two that succeed sees the other's.*)
(* In Holdfast one of them renews its lease, the other announces the         *)
(* eviction; everything the module Lease assumes of a round rests on this.   *)
(*                                                                          *)
(* With several disks two rules make a round of writes and reads:            *)
(*   barrier    no read begins before the writes are done on a majority      *)
(*   same disk  a disk counts only if its write was done before its read     *)
(* Either alone is enough if both parties keep it. If one party keeps only   *)
(* the first and the other only the second, both may miss each other.        *)
(* DiskRound keeps both, always.                                            *)
(*                                                                          *)
(* Read and write of one block on one disk are atomic here; the format keeps *)
(* two copies per block, so a torn write shows the value before it.          *)
(****************************************************************************)
EXTENDS Naturals, FiniteSets

CONSTANTS
    Disk,       \* the voting disks
    Barrier,    \* the parties that keep the barrier
    SameDisk,   \* the parties that keep the same-disk rule
    Broken      \* promises that are broken on purpose, see Promise

Promise == {"majority"}    \* the other two can be broken by one party alone: Barrier, SameDisk
ASSUME Broken \subseteq Promise

Party == {"renewer", "evictor"}

ASSUME Barrier \subseteq Party /\ SameDisk \subseteq Party

Other(p) == CHOOSE q \in Party : q # p

\* Enough disks for a step. Broken "majority": one is taken for enough.
Enough(M) == IF "majority" \in Broken THEN M # {} ELSE 2 * Cardinality(M) > Cardinality(Disk)

VARIABLES
    flag,       \* flag[d][p]: the block of p on disk d is written
    written,    \* written[p]: disks on which the write of p is done
    read,       \* read[p]: disks that p has read
    saw         \* saw[p]: disks on which p then saw the other's flag

vars == <<flag, written, read, saw>>

Init ==
    /\ flag = [d \in Disk |-> [p \in Party |-> FALSE]]
    /\ written = [p \in Party |-> {}]
    /\ read = [p \in Party |-> {}]
    /\ saw = [p \in Party |-> {}]

Write(p, d) ==
    /\ d \notin written[p]
    /\ flag' = [flag EXCEPT ![d][p] = TRUE]
    /\ written' = [written EXCEPT ![p] = @ \cup {d}]
    /\ UNCHANGED <<read, saw>>

Read(p, d) ==
    /\ d \notin read[p]
    /\ p \in Barrier => Enough(written[p])
    /\ p \in SameDisk => d \in written[p]
    /\ read' = [read EXCEPT ![p] = @ \cup {d}]
    /\ saw' = IF flag[d][Other(p)] THEN [saw EXCEPT ![p] = @ \cup {d}] ELSE saw
    /\ UNCHANGED <<flag, written>>

Next == \E p \in Party, d \in Disk : Write(p, d) \/ Read(p, d)

Spec == Init /\ [][Next]_vars

----------------------------------------------------------------------------
\* The disks that p may count.
Counted(p) == IF p \in SameDisk THEN written[p] \cap read[p] ELSE read[p]

\* p succeeds, and on some majority that it may have used it saw nothing of the other.
MissedIt(p) ==
    /\ Enough(written[p])
    /\ \E M \in SUBSET Counted(p) : Enough(M) /\ M \cap saw[p] = {}

SomebodySees == ~(MissedIt("renewer") /\ MissedIt("evictor"))

TypeOK ==
    /\ flag \in [Disk -> [Party -> BOOLEAN]]
    /\ \A p \in Party : saw[p] \subseteq read[p] /\ written[p] \subseteq Disk
=============================================================================
