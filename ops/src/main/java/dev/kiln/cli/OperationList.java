package dev.kiln.cli;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.profile.ProfiledOperation;
import dev.kiln.ops.profile.Sizes;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The operations that {@code kiln profile} knows. */
record OperationList(List<ProfiledOperation> operations) {
  void print(PrintWriter out, boolean json) {
    if (json) {
      out.println(JsonOutput.of(operations.stream().map(OperationList::document).toList()));
      return;
    }
    int width =
        operations.stream().mapToInt(operation -> operation.name().length()).max().orElse(1);
    ProfiledOperation.Family family = null;
    for (ProfiledOperation operation : operations) {
      if (operation.family() != family) {
        family = operation.family();
        out.println(family.label());
      }
      out.println("  %s  %s".formatted(pad(operation.name(), width), operation.about()));
      out.println("  %s  %s: %s".formatted(pad("", width), axes(operation), shapes(operation)));
    }
  }

  private static String pad(String text, int width) {
    return text + " ".repeat(width - text.length());
  }

  private static String axes(ProfiledOperation operation) {
    return String.join("x", operation.axes());
  }

  private static String shapes(ProfiledOperation operation) {
    return String.join(", ", operation.grid().stream().map(Sizes::toString).toList());
  }

  private static Map<String, Object> document(ProfiledOperation operation) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("name", operation.name());
    document.put("family", operation.family().label());
    document.put("about", operation.about());
    document.put("axes", operation.axes());
    document.put("shapes", operation.grid().stream().map(Sizes::toString).toList());
    document.put("small", operation.small().toString());
    document.put("dtypes", operation.dtypes().stream().map(DType::shortName).toList());
    return document;
  }
}
