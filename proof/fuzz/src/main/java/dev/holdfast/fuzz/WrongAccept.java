package dev.holdfast.fuzz;

/** A decoder took for good what was not, or made something else of it than was said. */
public final class WrongAccept extends Exception {
    private static final long serialVersionUID = 1L;

    public WrongAccept(String what) {
        super(what);
    }
}
