----------------------------- MODULE Incarnation -----------------------------
(****************************************************************************)
(* The numbers of a node's lives (core/membership: Membership.maybeBegin,      *)
(* hasStopped, whyProved).                                                  *)
(*                                                                          *)
(* A new life reads its own blocks on a majority of the voting disks and takes  *)
(* the next number. It claims the number by a first block, on a majority, before  *)
(* it may join. Lives follow each other, may end at any time, and each may reach   *)
(* other disks. So a life that ended early may have left its claim on a minority,  *)
(* and a later one may take the same number, or even a lower one.               *)
(*                                                                          *)
(* Others judge by single blocks, on any disk: a life is over if a block says     *)
(* STOPPED in its name, or is of a later life. A claim proves neither.           *)
(****************************************************************************)
EXTENDS Naturals, FiniteSets, TLC

CONSTANTS
    Disk,
    MaxLife,    \* numbers of lives
    MaxStart,   \* how often the node starts
    Broken

Promise == {"claim on a majority", "read a majority", "a claim is no last word", "a claim is no later life"}
ASSUME Broken \subseteq Promise
Keeps(promise) == promise \notin Broken

IsMajority(M) == 2 * Cardinality(M) > Cardinality(Disk)

\* The sequence numbers of a life's blocks: the claim is the first, whatever follows is later.
Claim == 1
Running == 2
LastWord == 3

VARIABLES
    block,      \* block[d]: the node's own block on disk d
    is,         \* off, claiming, joined, stopped
    life,       \* the number of this life
    written,    \* disks that hold the present block of this life
    joined,     \* numbers under which a life has ever joined
    twice,      \* some number was joined under twice
    starts

vars == <<block, is, life, written, joined, twice, starts>>

Init ==
    /\ block = [d \in Disk |-> [life |-> 0, sequence |-> LastWord]]
    /\ is = "off" /\ life = 0 /\ written = {} /\ joined = {} /\ twice = FALSE /\ starts = 0

\* The first reading: the highest number on the disks that were read, plus one.
Begin ==
    /\ is = "off" /\ starts < MaxStart
    /\ \E M \in SUBSET Disk :
        /\ IF Keeps("read a majority") THEN IsMajority(M) ELSE M # {}
        /\ LET highest == CHOOSE h \in {block[d].life : d \in M} : \A d \in M : block[d].life <= h
           IN life' = highest + 1
    /\ life' <= MaxLife
    /\ is' = "claiming" /\ written' = {} /\ starts' = starts + 1
    /\ UNCHANGED <<block, joined, twice>>

Present == CASE is = "claiming" -> Claim [] is = "joined" -> Running [] is = "stopped" -> LastWord

Write(d) ==
    /\ is # "off" /\ d \notin written
    /\ block' = [block EXCEPT ![d] = [life |-> life, sequence |-> Present]]
    /\ written' = written \cup {d}
    /\ UNCHANGED <<is, life, joined, twice, starts>>

\* The number is ours: from now on the node may be a member, and run things.
Join ==
    /\ is = "claiming"
    /\ IF Keeps("claim on a majority") THEN IsMajority(written) ELSE written # {}
    /\ is' = "joined" /\ written' = {}
    /\ twice' = (twice \/ life \in joined)
    /\ joined' = joined \cup {life}
    /\ UNCHANGED <<block, life, starts>>

\* Everything is stopped, and that is verified; now it is said.
Stop ==
    /\ is = "joined"
    /\ is' = "stopped" /\ written' = {}
    /\ UNCHANGED <<block, life, joined, twice, starts>>

\* The life ends at any time. What it ran is stopped before the next one begins (see Lease).
End ==
    /\ is # "off"
    /\ is' = "off" /\ written' = {} /\ life' = 0
    /\ UNCHANGED <<block, joined, twice, starts>>

Next == Begin \/ Join \/ Stop \/ End \/ \E d \in Disk : Write(d)

Spec == Init /\ [][Next]_vars

----------------------------------------------------------------------------
\* Whether the block on d proves that the life of number l is over.
Proves(d, l) ==
    \/ /\ block[d].life = l
       /\ block[d].sequence = LastWord \/ (~Keeps("a claim is no last word") /\ block[d].sequence = Claim)
    \/ /\ block[d].life > l
       /\ block[d].sequence > Claim \/ ~Keeps("a claim is no later life")

ProofsAreTrue == is = "joined" => \A d \in Disk : ~Proves(d, life)

NoNumberTwice == ~twice

Alike == Permutations(Disk)
=============================================================================
