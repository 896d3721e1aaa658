package dev.holdfast.policy;

/** A plan together with the board that it was made on, for those who must look closer than the plan tells. */
record Draft(Board board, Plan plan) {
    static Draft of(Situation situation) {
        Board board = new Board(situation);
        new Aftermath(board).note();
        new Placement(board).decide();
        return new Draft(board, new Sequence(board).plan());
    }
}
