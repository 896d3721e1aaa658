----------------------------- MODULE Incarnation -----------------------------
(****************************************************************************)
(* The numbers of a node's lives (core/membership: Membership.maybeBegin,      *)
(* HeartbeatBlock.allOverUpTo).                                             *)
(*                                                                          *)
(* A new life reads its own blocks on a majority of the voting disks and takes  *)
(* the next number. It claims the number by a first block, on a majority, before  *)
(* it may join. Lives follow each other, may end at any time, and each may reach   *)
(* other disks. So a life that ended early may have left its claim on a minority,  *)
(* and a later one may take the same number, or even a lower one.               *)
(*                                                                          *)
(* Others judge by single blocks, on any disk: a life is over if a block says     *)
(* STOPPED in its name, or is of a later life. A claim proves neither.           *)
(*                                                                          *)
(* But a claim takes the place of the block of the life before, and its node may be   *)
(* lost right then. So a claim says which earlier life its writer found, the newest  *)
(* that had its number for itself: one of which it read a block that is no claim, or   *)
(* which another claim tells of, or which a view has. That life was over when the     *)
(* writer began, and so were all before it; and no life to come has such a number,     *)
(* as a majority holds it. So the word stays true, wherever it is read, and whenever.  *)
(* A process that takes up a life again writes no claim, and takes up the last one      *)
(* only: whatever a claim tells of is not taken up any more.                     *)
(****************************************************************************)
EXTENDS Naturals, FiniteSets, TLC

CONSTANTS
    Disk,
    MaxLife,    \* numbers of lives
    MaxStart,   \* how often the node starts
    Broken

Promise == {"claim on a majority", "read a majority", "a claim is no last word", "a claim is no later life",
            "a claim tells of the life before", "a claim passes on what claims tell", "a mere claim is not told of",
            "who was followed is not taken up"}
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
    starts,
    earlier,    \* what this life found: the newest earlier life that had its number for itself; 0 if none
    last,       \* the life that a next process may take up, as it was killed; 0 if none
    told        \* lives whose last word a majority of the disks held

vars == <<block, is, life, written, joined, twice, starts, earlier, last, told>>

Init ==
    /\ block = [d \in Disk |-> [life |-> 0, sequence |-> LastWord, earlier |-> 0]]
    /\ is = "off" /\ life = 0 /\ written = {} /\ joined = {} /\ twice = FALSE /\ starts = 0
    /\ earlier = 0 /\ last = 0 /\ told = {}

Highest(numbers) == CHOOSE h \in numbers : \A n \in numbers : n <= h

\* What a block shows of the lives before its reader's.
Found(b) ==
    IF b.sequence > Claim \/ ~Keeps("a mere claim is not told of") THEN b.life
    ELSE IF Keeps("a claim passes on what claims tell") THEN b.earlier ELSE 0

\* The first reading: the highest number on the disks that were read, plus one.
Begin ==
    /\ is = "off" /\ starts < MaxStart
    /\ \E M \in SUBSET Disk :
        /\ IF Keeps("read a majority") THEN IsMajority(M) ELSE M # {}
        /\ life' = Highest({block[d].life : d \in M}) + 1
        \* A view that it read may tell of any life that was a member, or of none.
        /\ \E v \in joined \cup {0} :
            earlier' = IF Keeps("a claim tells of the life before") THEN Highest({Found(block[d]) : d \in M} \cup {v}) ELSE 0
    /\ life' <= MaxLife
    /\ is' = "claiming" /\ written' = {} /\ starts' = starts + 1
    /\ last' = IF Keeps("who was followed is not taken up") THEN 0 ELSE last
    /\ UNCHANGED <<block, joined, twice, told>>

\* The process was killed within its lease, and the next one goes on with its life.
TakeUp ==
    /\ is = "off" /\ last > 0
    /\ is' = "joined" /\ life' = last /\ written' = {}
    /\ UNCHANGED <<block, joined, twice, starts, earlier, last, told>>

Present == CASE is = "claiming" -> Claim [] is = "joined" -> Running [] is = "stopped" -> LastWord

Write(d) ==
    /\ is # "off" /\ d \notin written
    /\ block' = [block EXCEPT ![d] = [life |-> life, sequence |-> Present, earlier |-> earlier]]
    /\ written' = written \cup {d}
    /\ told' = IF is = "stopped" /\ IsMajority(written') THEN told \cup {life} ELSE told
    /\ UNCHANGED <<is, life, joined, twice, starts, earlier, last>>

\* The number is ours: from now on the node may be a member, and run things.
Join ==
    /\ is = "claiming"
    /\ IF Keeps("claim on a majority") THEN IsMajority(written) ELSE written # {}
    /\ is' = "joined" /\ written' = {}
    /\ twice' = (twice \/ life \in joined)
    /\ joined' = joined \cup {life}
    /\ UNCHANGED <<block, life, starts, earlier, last, told>>

\* Everything is stopped, and that is verified; now it is said.
Stop ==
    /\ is = "joined"
    /\ is' = "stopped" /\ written' = {} /\ last' = 0
    /\ UNCHANGED <<block, life, joined, twice, starts, earlier, told>>

\* The process ends at any time. What it ran is stopped before the next life begins (see Lease).
End ==
    /\ is # "off"
    /\ is' = "off" /\ written' = {} /\ life' = 0 /\ earlier' = 0
    /\ last' = IF is = "joined" THEN life ELSE last
    /\ UNCHANGED <<block, joined, twice, starts, told>>

Next == Begin \/ TakeUp \/ Join \/ Stop \/ End \/ \E d \in Disk : Write(d)

Spec == Init /\ [][Next]_vars

----------------------------------------------------------------------------
\* Whether the block on d proves that the life of number l is over.
Proves(d, l) ==
    \/ /\ block[d].life = l
       /\ block[d].sequence = LastWord \/ (~Keeps("a claim is no last word") /\ block[d].sequence = Claim)
    \/ /\ block[d].life > l
       /\ block[d].sequence > Claim \/ ~Keeps("a claim is no later life")
    \/ block[d].earlier >= l

ProofsAreTrue == is = "joined" => \A d \in Disk : ~Proves(d, life)

NoNumberTwice == ~twice

\* What a majority of the disks proved once, every majority proves from then on: nobody waits for it in vain.
ProofsStay == \A l \in told : \A M \in SUBSET Disk : IsMajority(M) => \E d \in M : Proves(d, l)

Alike == Permutations(Disk)
=============================================================================
