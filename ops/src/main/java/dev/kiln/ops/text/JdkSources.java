package dev.kiln.ops.text;

import dev.kiln.runtime.KilnException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * The Java sources that a JDK brings along in {@code lib/src.zip}: real text that is there wherever
 * Kiln runs.
 *
 * @param zip the file
 */
public record JdkSources(Path zip) {
  /** What is read by default: the module that all others need. */
  public static final List<String> BASE = List.of("java.base");

  private static final String ADVICE =
      "; install a JDK with its sources (the package of your system may be called"
          + " openjdk-25-source), or name a text with --data FILE";

  /**
   * Those of the JDK that runs.
   *
   * @throws KilnException if it has none; says how to get them
   */
  public static JdkSources ofThisJdk() {
    return in(Path.of(System.getProperty("java.home")));
  }

  /**
   * Those of the JDK in a folder.
   *
   * @throws KilnException if it has none
   */
  public static JdkSources in(Path javaHome) {
    Path zip = javaHome.resolve("lib").resolve("src.zip");
    // A link to a package that is not installed counts as missing.
    if (!Files.isRegularFile(zip)) {
      throw new KilnException("this JDK has no " + zip + ADVICE);
    }
    return new JdkSources(zip);
  }

  /**
   * The sources of modules or packages, one after the other, in the order of their names.
   *
   * @param selected names such as {@code java.base} or {@code java.base/java/util}; a package
   *     stands for those below it, too
   * @param limit most bytes of text
   * @param licences whether the comment that each file starts with, its licence, is wanted
   * @throws KilnException if the file is damaged or has none of them
   */
  public String read(List<String> selected, long limit, boolean licences) {
    try (var file = new ZipFile(zip.toFile())) {
      var text = new LimitedText(limit);
      for (ZipEntry entry : entries(file, selected)) {
        String source =
            TextSource.text(
                file.getInputStream(entry).readAllBytes(), zip + "!/" + entry.getName());
        if (!text.add(licences ? source : withoutLicence(source))) {
          break;
        }
      }
      return text.required(zip + " (" + String.join(", ", selected) + ")");
    } catch (IOException e) {
      throw new KilnException(zip + ": cannot be read: " + e.getMessage() + ADVICE, e);
    }
  }

  private static List<? extends ZipEntry> entries(ZipFile file, List<String> selected) {
    return file.stream()
        .filter(e -> e.getName().endsWith(".java"))
        .filter(e -> selected.stream().anyMatch(s -> within(e.getName(), s)))
        .sorted((a, b) -> a.getName().compareTo(b.getName()))
        .toList();
  }

  private static boolean within(String name, String selected) {
    String folder = selected.endsWith("/") ? selected : selected + "/";
    return name.startsWith(folder);
  }

  private static String withoutLicence(String source) {
    int start = 0;
    while (start < source.length() && Character.isWhitespace(source.charAt(start))) {
      start++;
    }
    int end = source.indexOf("*/", start);
    if (!source.startsWith("/*", start) || end < 0) {
      return source;
    }
    end += 2;
    while (end < source.length() && Character.isWhitespace(source.charAt(end))) {
      end++;
    }
    return source.substring(end);
  }
}
