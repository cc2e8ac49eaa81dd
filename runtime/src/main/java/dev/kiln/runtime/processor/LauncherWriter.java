package dev.kiln.runtime.processor;

import dev.kiln.compiler.syntax.Expr;
import dev.kiln.compiler.syntax.Parameter;
import dev.kiln.compiler.syntax.Stmt;
import dev.kiln.runtime.signature.FileFunctions;
import dev.kiln.runtime.signature.ParameterRole;
import dev.kiln.runtime.signature.SyntaxWalk;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import javax.lang.model.SourceVersion;

/** Writes the source of a class with one method for each kernel. */
final class LauncherWriter {
  private final String packageName;
  private final String anchor;
  private final String className;
  private final String resource;
  private final StringBuilder out = new StringBuilder();

  LauncherWriter(String packageName, String anchor, String className, String resource) {
    this.packageName = packageName;
    this.anchor = anchor;
    this.className = className;
    this.resource = resource;
  }

  /**
   * @param functions what the kernels call
   */
  String write(List<Stmt.FunctionDef> kernels, FileFunctions functions) {
    if (!packageName.isEmpty()) {
      out.append("package ").append(packageName).append(";\n\n");
    }
    out.append("import dev.kiln.runtime.Device;\n");
    out.append("import dev.kiln.runtime.Grid;\n");
    out.append("import dev.kiln.runtime.KernelModule;\n");
    out.append("import dev.kiln.runtime.Launch;\n");
    out.append("import dev.kiln.runtime.NdArray;\n\n");
    out.append("/** Typed launchers for the kernels of {@code ")
        .append(resource)
        .append("}, on one device. Not thread-safe. Generated. */\n");
    out.append("public final class ").append(className).append(" {\n");
    out.append("  private static final KernelModule MODULE = KernelModule.resource(")
        .append(anchor)
        .append(".class, \"")
        .append(resource)
        .append("\");\n\n");
    for (Stmt.FunctionDef kernel : kernels) {
      out.append("  private final Launch ").append(field(kernel)).append(";\n");
    }
    out.append("\n  public ").append(className).append("(Device device) {\n");
    for (Stmt.FunctionDef kernel : kernels) {
      out.append("    ")
          .append(field(kernel))
          .append(" = MODULE.kernel(\"")
          .append(kernel.name())
          .append("\").on(device);\n");
    }
    out.append("  }\n");
    kernels.forEach(kernel -> method(kernel, functions));
    out.append("}\n");
    return out.toString();
  }

  private void method(Stmt.FunctionDef kernel, FileFunctions functions) {
    Map<String, ParameterRole> roles = ParameterRole.of(kernel, functions);
    Set<String> tuned = metaParameters(kernel);
    List<Parameter> taken =
        kernel.parameters().stream().filter(p -> !tuned.contains(p.name())).toList();
    List<Parameter> required = new ArrayList<>(taken);
    while (!required.isEmpty() && required.getLast().defaultValue().isPresent()) {
      required.removeLast();
    }
    writeMethod(kernel, taken, roles);
    if (required.size() < taken.size()) {
      writeMethod(kernel, required, roles);
    }
    out.append("\n  /** The launch behind {@link #")
        .append(javaName(kernel.name()))
        .append("}, for its options. */\n");
    out.append("  public Launch ")
        .append(field(kernel))
        .append("() {\n    return ")
        .append(field(kernel))
        .append(";\n  }\n");
  }

  private void writeMethod(
      Stmt.FunctionDef kernel, List<Parameter> parameters, Map<String, ParameterRole> roles) {
    out.append("\n  /** Launches {@code ")
        .append(kernel.name())
        .append("}, line ")
        .append(kernel.loc().line())
        .append(" of the file. */\n");
    out.append("  public void ").append(javaName(kernel.name())).append("(Grid grid");
    for (Parameter p : parameters) {
      out.append(", ")
          .append(roles.get(p.name()).javaType())
          .append(' ')
          .append(javaName(p.name()));
    }
    out.append(") {\n    ").append(field(kernel)).append(".grid(grid)");
    for (Parameter p : parameters) {
      out.append("\n        .arg(\"")
          .append(p.name())
          .append("\", ")
          .append(javaName(p.name()))
          .append(')');
    }
    out.append(";\n    ").append(field(kernel)).append(".launch();\n  }\n");
  }

  /**
   * The parameters that {@code autotune} and {@code heuristics} set, as far as they stand there
   * literally.
   */
  private static Set<String> metaParameters(Stmt.FunctionDef kernel) {
    Set<String> names = new HashSet<>();
    for (Expr decorator : kernel.decorators()) {
      if (decorator instanceof Expr.Call) {
        SyntaxWalk.expressions(
            List.of(new Stmt.ExprStmt(decorator.loc(), decorator)),
            expr -> {
              if (expr instanceof Expr.DictExpr dict) {
                dict.keys().stream()
                    .filter(Expr.StrLit.class::isInstance)
                    .forEach(key -> names.add(((Expr.StrLit) key).value()));
              }
            });
      }
    }
    Set<String> parameters =
        kernel.parameters().stream().map(Parameter::name).collect(Collectors.toSet());
    names.retainAll(parameters);
    return names;
  }

  private static String field(Stmt.FunctionDef kernel) {
    return javaName(kernel.name()) + "Launch";
  }

  /** {@code matmul_kernel} becomes {@code matmulKernel}; names in capitals stay as they are. */
  static String javaName(String name) {
    if (name.equals(name.toUpperCase(java.util.Locale.ROOT))) {
      return avoidKeyword(name);
    }
    StringBuilder camel = new StringBuilder();
    boolean upper = false;
    for (char c : name.toCharArray()) {
      if (c == '_' && !camel.isEmpty()) {
        upper = true;
      } else if (c != '_') {
        camel.append(upper ? Character.toUpperCase(c) : c);
        upper = false;
      }
    }
    return avoidKeyword(camel.isEmpty() ? name : camel.toString());
  }

  private static String avoidKeyword(String name) {
    return SourceVersion.isKeyword(name) || name.equals("grid") ? name + "_" : name;
  }
}
