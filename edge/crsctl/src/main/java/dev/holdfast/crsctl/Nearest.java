package dev.holdfast.crsctl;

import java.util.Collection;

/** Finds the word that was probably meant. */
final class Nearest {
    private Nearest() {}

    /** {@code " Did you mean 'start'?"}, or nothing if no known word is close. */
    static String hint(String typed, Collection<String> known) {
        String best = "";
        // A short word is close to too many others.
        int least = typed.length() < 3 ? 0 : typed.length() < 5 ? 1 : typed.length() < 8 ? 2 : 3;
        for (String word : known) {
            int distance = distance(typed.toLowerCase(), word.toLowerCase());
            if (distance < least || (distance == least && best.isEmpty())) {
                best = word;
                least = distance;
            }
        }
        if (best.isEmpty()) {
            for (String word : known) { // Cut short: "reloc", "vote".
                if (typed.length() >= 3 && word.startsWith(typed)) {
                    best = word;
                    break;
                }
            }
        }
        return best.isEmpty() ? "" : " Did you mean '" + best + "'?";
    }

    /** Changes of one letter, or swaps of two neighbours, that make one word from the other. */
    static int distance(String a, String b) {
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    d[i][j] = i + j;
                    continue;
                }
                int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                d[i][j] = Math.min(Math.min(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + change);
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
                }
            }
        }
        return d[a.length()][b.length()];
    }
}
