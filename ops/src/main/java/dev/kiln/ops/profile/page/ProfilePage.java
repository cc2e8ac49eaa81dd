package dev.kiln.ops.profile.page;

import dev.kiln.ops.profile.ProfileReport;
import dev.kiln.ops.profile.ProfileRow;
import dev.kiln.runtime.AtomicFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A profile as one HTML file that needs no other. */
public final class ProfilePage {
  private ProfilePage() {}

  /**
   * Writes the page, as a whole or not at all.
   *
   * @throws dev.kiln.runtime.KilnException if the file cannot be written
   */
  public static void write(Path file, ProfileReport report) {
    StringBuilder html = new StringBuilder();
    html.append("<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\n");
    html.append("<title>Kiln profile</title>\n<table>\n");
    for (ProfileRow row : report.rows()) {
      html.append("<tr><td>%s</td></tr>\n".formatted(row.ofCase()));
    }
    html.append("</table>\n</html>\n");
    AtomicFile.write(file, out -> out.write(html.toString().getBytes(StandardCharsets.UTF_8)));
  }
}
