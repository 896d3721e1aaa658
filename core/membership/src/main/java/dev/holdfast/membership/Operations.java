package dev.holdfast.membership;

/** Asks for disk operations and numbers them; the number comes back with the result. */
interface Operations {
    long writeHeartbeat(int disk, HeartbeatBlock block);

    long readHeartbeats(int disk);

    long writeBallot(int disk, BallotBlock block);

    long readBallots(int disk);
}
