package dev.kiln.tests.docs;

/**
 * What {@link TrainingPageTest} runs in a JVM of its own, since pages print and write where they
 * stand: the {@code main} methods of a page's commands, one after the other.
 */
final class PageProcess {
  private PageProcess() {}

  /**
   * @param commands each the name of a class and its arguments, with blanks between
   */
  public static void main(String[] commands) throws Exception {
    for (String command : commands) {
      System.out.println("$ " + command);
      String[] words = command.split(" ");
      String[] arguments = java.util.Arrays.copyOfRange(words, 1, words.length);
      Class.forName(words[0]).getMethod("main", String[].class).invoke(null, (Object) arguments);
    }
  }
}
