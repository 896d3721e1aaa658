package dev.holdfast.house.elsewhere;

/** Says a code that another package says about something else. */
public final class Sayer {
    private Sayer() {}

    public static String say() {
        return "HF-0001: another thing";
    }
}
