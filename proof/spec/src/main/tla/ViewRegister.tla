----------------------------- MODULE ViewRegister -----------------------------
(****************************************************************************)
(* The register of views (core/membership, class ViewRegister): Disk Paxos     *)
(* (Gafni and Lamport, 2003) over the voting disks, with a value that is       *)
(* changed by a function as in CASPaxos (Rystsov, 2018), and with a change     *)
(* of the set of voting disks by a joint phase.                             *)
(*                                                                          *)
(* A value is the history of the ballots that made it, and the set of voting    *)
(* disks it names. So "views form one chain" can be said as: of any two         *)
(* committed histories one is a prefix of the other.                        *)
(*                                                                          *)
(* A round is DiskRound: write the own block, wait until the writes are done   *)
(* on every majority that is needed, then read; a disk counts only if it was    *)
(* written first, and only if every block on it can be read.                 *)
(*                                                                          *)
(* Faults: nodes crash between any two steps and come back as a new life that   *)
(* knows what the disks say; the write under way at a crash is lost, done or    *)
(* torn; a write may hang while its node goes on without that disk; a disk may   *)
(* be blank (replaced, restored, wiped).                                    *)
(****************************************************************************)
EXTENDS Naturals, Sequences, FiniteSets, TLC

CONSTANTS
    Node,       \* numbers 0 .. n-1
    OldDisk,    \* the voting disks at the beginning
    NewDisk,    \* the voting disks after the change of the set; the same if none is wanted
    MaxBallot,
    MaxCrash, MaxHang, MaxBlank,
    Dead,       \* disks that never answer
    Manner,     \* when proposers begin a ballot: "any time"; "when idle"; "ranked", in the order of their numbers
    Broken      \* promises that are broken on purpose, see Promise

Promise == {"majority", "same disk", "barrier", "torn does not count", "blank does not count", "writes drain",
            "joint phase", "everybody announces the joint set", "abort on a higher ballot", "recover own block"}
ASSUME Broken \subseteq Promise
Keeps(promise) == promise \notin Broken

ASSUME Node = 0..(Cardinality(Node) - 1)

Disk == OldDisk \cup NewDisk
ChangesSet == OldDisk # NewDisk

IsMajority(M, X) ==
    IF Keeps("majority") THEN 2 * Cardinality(M \cap X) > Cardinality(X) ELSE M \cap X # {}

\* The sets of voting disks in which a view needs a majority. "joint": J, both.
Sets(p) ==
    CASE p = "old" -> {OldDisk}
      [] p = "new" -> {NewDisk}
      [] p = "joint" -> {OldDisk, NewDisk}

\* M has a majority in every set that one of the phases asks for.
IsQuorum(M, phases) == \A p \in phases : \A X \in Sets(p) : IsMajority(M, X)

Owner(b) == b % Cardinality(Node)

NoValue == [history |-> <<>>, set |-> "old"]
Empty == [promised |-> 0, accepted |-> 0, value |-> NoValue]
Torn == [promised |-> 0, accepted |-> 0, value |-> [history |-> <<>>, set |-> "torn"]]

VARIABLES
    block,      \* block[d][n]: the block of node n on disk d
    mine,       \* mine[n]: the block as node n has it in memory
    phase,      \* phase[n]: idle, prepare (phase 1), accept (phase 2), down
    written,    \* written[n]: disks on which the write of this round is done
    read,       \* read[n]: disks read in this round, all blocks readable
    newest,     \* newest[n]: block with the highest accepted ballot read in phase 1
    needs,      \* needs[n]: the kinds of set in which this ballot needs a majority
    known,      \* known[n]: the newest committed view that n announces; kept by its blocks over a crash
    committed,  \* every value that was ever committed
    hanging,    \* writes that hang: disk, node, block, and whether the life that began them goes on
    blank,      \* disks that lost everything and are not part of the set again yet
    crashes, hangs

vars == <<block, mine, phase, written, read, newest, needs, known, committed, hanging, blank, crashes, hangs>>

Init ==
    /\ block = [d \in Disk |-> [n \in Node |-> Empty]]
    /\ mine = [n \in Node |-> Empty]
    /\ phase = [n \in Node |-> "idle"]
    /\ written = [n \in Node |-> {}]
    /\ read = [n \in Node |-> {}]
    /\ newest = [n \in Node |-> Empty]
    /\ needs = [n \in Node |-> {}]
    /\ known = [n \in Node |-> NoValue]
    /\ committed = {}
    /\ hanging = {}
    /\ blank = {}
    /\ crashes = 0 /\ hangs = 0

----------------------------------------------------------------------------
(* A ballot *)

\* With ranks a proposer begins only if nobody before it lives: its delay is longer than a ballot.
MayBegin(n) == Manner = "ranked" => \A m \in Node : m < n => phase[m] = "down"

\* Begins a ballot; "any time" also while one is under way, which is then given up.
Propose(n) ==
    /\ phase[n] # "down"
    /\ Manner # "any time" => phase[n] = "idle" /\ (committed = {} \/ ChangesSet)
    /\ MayBegin(n)
    /\ \E b \in 1..MaxBallot :
        /\ Owner(b) = n /\ b > mine[n].promised
        /\ \A c \in 1..(b - 1) : Owner(c) = n => c <= mine[n].promised    \* the next own one
        /\ mine' = [mine EXCEPT ![n].promised = b]
    /\ newest' = [newest EXCEPT ![n] = mine[n]]
    /\ needs' = [needs EXCEPT ![n] = {known[n].set, mine[n].value.set}]
    /\ phase' = [phase EXCEPT ![n] = "prepare"]
    /\ written' = [written EXCEPT ![n] = {}]
    /\ read' = [read EXCEPT ![n] = {}]
    /\ UNCHANGED <<block, known, committed, hanging, blank, crashes, hangs>>

\* The ballot is over: what it gathered is of no more use.
Forget(n) ==
    /\ newest' = [newest EXCEPT ![n] = Empty]
    /\ needs' = [needs EXCEPT ![n] = {}]
    /\ written' = [written EXCEPT ![n] = {}]
    /\ read' = [read EXCEPT ![n] = {}]

Wanted(n) == UNION UNION {Sets(p) : p \in needs[n]}

Write(n, d) ==
    /\ phase[n] \in {"prepare", "accept"} /\ d \in Wanted(n) \ (written[n] \cup Dead)
    /\ \A w \in hanging : ~(w.disk = d /\ w.node = n /\ w.ours)    \* one write per block and disk (R1)
    /\ block' = [block EXCEPT ![d][n] = mine[n]]
    /\ written' = [written EXCEPT ![n] = @ \cup {d}]
    /\ UNCHANGED <<mine, phase, read, newest, needs, known, committed, hanging, blank, crashes, hangs>>

\* The write on d does not come back; it may be done any time later. The round goes on without d.
Hang(n, d) ==
    /\ hangs < MaxHang /\ hangs' = hangs + 1
    /\ phase[n] \in {"prepare", "accept"} /\ d \in Wanted(n) \ (written[n] \cup Dead)
    /\ hanging' = hanging \cup {[disk |-> d, node |-> n, block |-> mine[n], ours |-> TRUE]}
    /\ UNCHANGED <<block, mine, phase, written, read, newest, needs, known, committed, blank, crashes>>

\* A hanging write is done at last. After a crash the new life waits for it: it drains before the first read.
Land ==
    \E w \in hanging :
        /\ block' = [block EXCEPT ![w.disk][w.node] = w.block]
        /\ hanging' = hanging \ {w}
        /\ UNCHANGED <<mine, phase, written, read, newest, needs, known, committed, blank, crashes, hangs>>

MayRead(n, d) ==
    /\ d \in Wanted(n) \ (read[n] \cup Dead)
    /\ Keeps("same disk") => d \in written[n]
    /\ Keeps("barrier") => IsQuorum(written[n], needs[n])

Others(n) == Node \ {n}

IsReadable(n, d) ==
    /\ Keeps("torn does not count") => \A m \in Others(n) : block[d][m] # Torn
    /\ Keeps("blank does not count") => d \notin blank

\* One read of the whole area of a disk. A higher promise anywhere ends the ballot.
Read(n, d) ==
    /\ phase[n] \in {"prepare", "accept"} /\ MayRead(n, d)
    /\ LET seen == {block[d][m] : m \in Others(n)} \ {Torn}
           highest == CHOOSE s \in seen \cup {Empty} : \A t \in seen : s.promised >= t.promised
           best == CHOOSE s \in seen \cup {Empty} : \A t \in seen : s.accepted >= t.accepted
       IN \/ /\ highest.promised > mine[n].promised /\ Keeps("abort on a higher ballot")
             /\ phase' = [phase EXCEPT ![n] = "idle"]
             /\ Forget(n)
          \/ /\ highest.promised <= mine[n].promised \/ ~Keeps("abort on a higher ballot")
             /\ IsReadable(n, d)
             /\ read' = [read EXCEPT ![n] = @ \cup {d}]
             /\ IF phase[n] = "prepare"
                THEN /\ newest' = IF best.accepted > newest[n].accepted THEN [newest EXCEPT ![n] = best] ELSE newest
                     \* What is newer than what is known may be committed: then it says where it had to be.
                     /\ needs' = [needs EXCEPT ![n] = @ \cup {s.value.set : s \in
                                    {t \in seen : Len(t.value.history) > Len(known[n].history)}}]
                ELSE UNCHANGED <<newest, needs>>
             /\ UNCHANGED <<phase, written>>
    /\ UNCHANGED <<block, mine, known, committed, hanging, blank, crashes, hangs>>

\* The disks that count for the round.
Counted(n) == IF Keeps("same disk") THEN written[n] \cap read[n] ELSE read[n]

IsRoundDone(n) == IsQuorum(written[n], needs[n]) /\ IsQuorum(Counted(n), needs[n])

\* F may follow J when the blocks of all members announce J.
MayFinish == Keeps("everybody announces the joint set") => \A m \in Node : known[m].set \in {"joint", "new"}

\* What may become of the set of voting disks in the next view.
NextSets(set) ==
    {set} \cup (IF ~ChangesSet THEN {}
                ELSE CASE set = "old" -> (IF Keeps("joint phase") THEN {"joint"} ELSE {"new"})
                       [] set = "joint" -> (IF MayFinish THEN {"new"} ELSE {})
                       [] OTHER -> {})

\* Phase 1 is done: the newest value found is changed, and phase 2 writes it.
Accept(n) ==
    /\ phase[n] = "prepare" /\ IsRoundDone(n)
    /\ \E set \in NextSets(newest[n].value.set) :
        /\ mine' = [mine EXCEPT ![n] =
                [promised |-> @.promised, accepted |-> @.promised,
                 value |-> [history |-> Append(newest[n].value.history, @.promised), set |-> set]]]
        \* Broken: only the set that the new view names.
        /\ needs' = [needs EXCEPT ![n] = IF Keeps("joint phase") THEN @ \cup {set} ELSE {set}]
    /\ phase' = [phase EXCEPT ![n] = "accept"]
    /\ written' = [written EXCEPT ![n] = {}]
    /\ read' = [read EXCEPT ![n] = {}]
    /\ UNCHANGED <<block, newest, known, committed, hanging, blank, crashes, hangs>>

Commit(n) ==
    /\ phase[n] = "accept" /\ IsRoundDone(n)
    /\ committed' = committed \cup {mine[n].value}
    /\ phase' = [phase EXCEPT ![n] = "idle"]
    /\ Forget(n)
    /\ UNCHANGED <<block, mine, known, hanging, blank, crashes, hangs>>

\* n learns of a committed view and announces it. Only what names the voting disks matters here.
Announce(n) ==
    /\ ChangesSet /\ phase[n] = "idle"
    /\ \E v \in committed :
        /\ Len(v.history) > Len(known[n].history)
        /\ known' = [known EXCEPT ![n] = v]
    /\ UNCHANGED <<block, mine, phase, written, read, newest, needs, committed, hanging, blank, crashes, hangs>>

----------------------------------------------------------------------------
(* Faults *)

\* The life ends. Of a write under way it is open whether it is done, or torn; hanging ones stay.
Crash(n) ==
    /\ crashes < MaxCrash /\ phase[n] # "down"
    /\ crashes' = crashes + 1
    /\ \/ UNCHANGED block
       \/ /\ phase[n] \in {"prepare", "accept"}
          /\ \E d \in Wanted(n) \ (written[n] \cup Dead) : block' = [block EXCEPT ![d][n] = Torn]
    /\ phase' = [phase EXCEPT ![n] = "down"]
    /\ mine' = [mine EXCEPT ![n] = Empty]
    /\ Forget(n)
    /\ hanging' = {IF w.node = n THEN [w EXCEPT !.ours = FALSE] ELSE w : w \in hanging}
    /\ UNCHANGED <<known, committed, blank, hangs>>

\* A new life takes up the highest promise and the newest acceptance that a majority holds of the node.
Restart(n) ==
    /\ phase[n] = "down"
    /\ Keeps("writes drain") => \A w \in hanging : w.node # n
    /\ \E M \in SUBSET (Disk \ (Dead \cup blank)) :
        /\ IsQuorum(M, {known[n].set})
        /\ \A d \in M : block[d][n] # Torn
        /\ LET own == {block[d][n] : d \in M}
               top == CHOOSE s \in own : \A t \in own : s.promised >= t.promised
               best == CHOOSE s \in own : \A t \in own : s.accepted >= t.accepted
           IN mine' = [mine EXCEPT ![n] =
                IF Keeps("recover own block")
                THEN [promised |-> top.promised, accepted |-> best.accepted, value |-> best.value]
                ELSE Empty]
    /\ phase' = [phase EXCEPT ![n] = "idle"]
    /\ UNCHANGED <<block, written, read, newest, needs, known, committed, hanging, blank, crashes, hangs>>

\* A disk loses everything: replaced, restored from a copy, wiped. A disk that is no longer in the set may be wiped freely.
IsRetired(d) == d \notin NewDisk /\ \E n \in Node : known[n].set = "new"

Blank(d) ==
    /\ d \notin blank
    /\ Cardinality(blank) < MaxBlank
    /\ blank' = blank \cup {d}
    /\ block' = [block EXCEPT ![d] = [n \in Node |-> Empty]]
    /\ UNCHANGED <<mine, phase, written, read, newest, needs, known, committed, hanging, crashes, hangs>>

\* A retired disk is given away and written over. It looks as if it had never been used, and a node that does not know of
\* the change cannot tell.
Recycle(d) ==
    /\ IsRetired(d) /\ d \notin blank /\ block[d] # [n \in Node |-> Empty]
    /\ block' = [block EXCEPT ![d] = [n \in Node |-> Empty]]
    /\ UNCHANGED <<mine, phase, written, read, newest, needs, known, committed, hanging, blank, crashes, hangs>>

Next ==
    \/ \E n \in Node : Propose(n) \/ Accept(n) \/ Commit(n) \/ Announce(n) \/ Crash(n) \/ Restart(n)
    \/ \E n \in Node, d \in Disk : Write(n, d) \/ Read(n, d) \/ Hang(n, d)
    \/ \E d \in Disk : Blank(d) \/ Recycle(d)
    \/ Land

Spec == Init /\ [][Next]_vars

----------------------------------------------------------------------------
(* What must hold *)

IsPrefix(s, t) == Len(s) <= Len(t) /\ SubSeq(t, 1, Len(s)) = s

\* Views form one chain: of two committed views one comes from the other.
OneChain == \A v, w \in committed : IsPrefix(v.history, w.history) \/ IsPrefix(w.history, v.history)

\* A ballot writes one value.
OneValuePerBallot ==
    \A v, w \in committed : v # w /\ v.history # <<>> /\ w.history # <<>> =>
        v.history[Len(v.history)] # w.history[Len(w.history)]

\* On disk and in memory nothing is accepted that was not promised, unless it is a torn block.
AcceptedWasPromised ==
    /\ \A n \in Node : mine[n].accepted <= mine[n].promised
    /\ \A d \in Disk, n \in Node : block[d][n].accepted <= block[d][n].promised

\* With a majority of the disks that answers, and proposers that wait for each other, a view is committed at last.
\* Fairness: whoever is up goes on, and whoever is down comes back.
Step(n) ==
    \/ Propose(n) \/ Accept(n) \/ Commit(n) \/ Restart(n)
    \/ \E d \in Disk : Write(n, d) \/ Read(n, d)

FairSpec == Spec /\ \A n \in Node : WF_vars(Step(n)) /\ WF_vars(Land)

SomethingIsCommitted == <>(committed # {})

\* The same as a bound, since a model has a last ballot, and nobody overtakes that one: few ballots are enough. Proposers that do not
\* wait overtake each other for as long as there are ballots.
FewBallotsSuffice == committed # {} \/ \A n \in Node : mine[n].promised < MaxBallot - 1

\* Disks are alike if no change of the set tells them apart.
Alike ==
    {p \in Permutations(Disk) :
        \A d \in Disk : (d \in OldDisk <=> p[d] \in OldDisk) /\ (d \in NewDisk <=> p[d] \in NewDisk)}
=============================================================================
