package dev.kiln.compiler.frontend.ops;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The table of operations as a page of documentation. */
public final class SupportTable {
  private static final String INTRODUCTION =
      """
      # What is supported

      This page is generated from the compiler's own table of operations (`SupportTable`); a test fails
      when it is stale, and `-Dkiln.update=true` writes it anew. The signatures are those of Triton 3.8,
      with what older kernels still use.

      - **cpu**, **eval**: yes, or `-` for what fails with "not supported yet".
      - **GPU targets** (`sm_80`, `sm_89`, `sm_90a`, `sm_100`, `sm_120`): later, all of them.
      - **method**: tensors have it as a method as well (`x.sum(0)`).
      - **dtypes**: what it takes; after an arrow, what it gives where that is not the same.

      Names under `tl.math`, `tl.core`, `tl.standard`, `tl.random`, `tl.libdevice`,
      `tl.extra.cuda.libdevice` and their like lead to the same rows: older kernels find the functions of
      libdevice under `tl.math`.
      """;

  private SupportTable() {}

  /** The whole page, in Markdown. */
  public static String render() {
    var out = new StringBuilder(INTRODUCTION);
    List<Builtin> all = OperationTable.instance().all();
    long supported = all.stream().filter(Builtin::isSupported).count();
    out.append("\n%d of %d operations are supported.\n".formatted(supported, all.size()));
    for (Category category : Category.values()) {
      List<Builtin> rows = all.stream().filter(builtin -> builtin.category() == category).toList();
      out.append("\n## ").append(category.title()).append("\n\n");
      out.append("| operation | method | dtypes | cpu | eval | notes |\n");
      out.append("| --- | --- | --- | --- | --- | --- |\n");
      rows.forEach(row -> out.append(row(row)));
    }
    return out.toString();
  }

  private static String row(Builtin builtin) {
    List<String> cells = new ArrayList<>();
    cells.add("`" + spoken(builtin) + "`");
    cells.add(builtin.isMethod() && !isOnlyMethod(builtin) ? "yes" : "");
    cells.add(builtin.dtypes());
    String works = builtin.isSupported() ? "yes" : "-";
    cells.add(works);
    cells.add(works);
    cells.add(notes(builtin));
    return "| " + String.join(" | ", cells).replaceAll(" +\\|", " |") + " |\n";
  }

  private static boolean isOnlyMethod(Builtin builtin) {
    return builtin.name().startsWith("triton.language.tensor.");
  }

  /** The signature with the name as kernels write it. */
  private static String spoken(Builtin builtin) {
    String signature = builtin.signature().text();
    String parameters = signature.substring(signature.indexOf('('));
    String name = builtin.spokenName();
    if (isOnlyMethod(builtin)) {
      name = "x." + builtin.shortName();
      parameters = withoutSelf(parameters);
    } else if (builtin.name().startsWith(DescriptorOperations.METHODS + ".")) {
      name = "desc." + builtin.shortName();
      parameters = withoutSelf(parameters);
    } else if (builtin.category() == Category.LIBDEVICE) {
      name = "libdevice." + builtin.shortName();
    }
    return name + parameters;
  }

  private static String withoutSelf(String parameters) {
    return parameters.replaceFirst("\\([^,)]*(, )?", "(");
  }

  private static String notes(Builtin builtin) {
    String notes = builtin.notes();
    if (builtin.isSupported()) {
      return notes;
    }
    return "not yet" + (notes.isEmpty() ? "" : "; " + notes.toLowerCase(Locale.ROOT));
  }
}
