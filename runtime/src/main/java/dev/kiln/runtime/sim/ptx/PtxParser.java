package dev.kiln.runtime.sim.ptx;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.antlr.v4.runtime.Token;

/** Reads PTX text, statement by statement, so that one call tells all errors of a text. */
public final class PtxParser {
  /** Words such as {@code .extern} before one definition. */
  private static final int MOST_LINKAGES = 8;

  private final String name;
  private final String text;
  private final Diagnostics diagnostics;
  private final StatementSource source;
  private final Names names = new Names();
  private final Map<String, Long> elementBytes = new HashMap<>();
  private final DeclarationBuilder declarations;
  private final BodyReader bodies;

  private String version;
  private int addressSize = 64;
  private final List<String> targets = new ArrayList<>();
  private final List<Variable> variables = new ArrayList<>();
  private final List<Function> functions = new ArrayList<>();
  private final Map<String, String> aliases = new LinkedHashMap<>();
  private final Map<Integer, String> sourceFiles = new TreeMap<>();

  private PtxParser(String name, String text) {
    this.name = name;
    this.text = text;
    diagnostics = new Diagnostics(name);
    var tokens = new TokenArray(name, text, diagnostics);
    if (!tokens.isComplete()) {
      diagnostics.throwIfAny();
    }
    source = new StatementSource(tokens);
    var terms = new TermBuilder(names, this::elementBytes);
    declarations = new DeclarationBuilder(names, terms);
    bodies =
        new BodyReader(
            source,
            diagnostics,
            declarations,
            new StatementBuilder(names, terms, declarations),
            this::remember);
  }

  /**
   * The tree of a module.
   *
   * @param name of the file, for messages
   * @throws PtxException with everything that is wrong
   */
  public static PtxFile parse(String name, String text) {
    return new PtxParser(name, text).module();
  }

  private PtxFile module() {
    var first = source.at();
    while (!source.atEnd()) {
      int start = source.index();
      try {
        item();
      } catch (PtxFault fault) {
        diagnostics.add(fault);
        source.recover(start);
      }
    }
    if (version == null) {
      diagnostics.add(first, "the module has no '.version'");
    }
    if (targets.isEmpty()) {
      diagnostics.add(first, "the module has no '.target'");
    }
    diagnostics.throwIfAny();
    return new PtxFile(
        name,
        version,
        targets,
        addressSize,
        variables,
        functions,
        aliases,
        sourceFiles,
        List.of(text.split("\r?\n", -1)));
  }

  private void item() {
    switch (source.type()) {
      case PtxTextParser.VERSION, PtxTextParser.TARGET, PtxTextParser.ADDRESS_SIZE -> header();
      case PtxTextParser.FILE -> file();
      case PtxTextParser.LOC -> source.parse(PtxTextParser::line);
      case PtxTextParser.PRAGMA -> source.parse(PtxTextParser::pragma);
      case PtxTextParser.ALIAS -> alias();
      case PtxTextParser.SECTION -> section();
      case PtxTextParser.SEMICOLON -> source.advance();
      case PtxTextParser.LBRACE -> {
        // Behind a function's head with an error: its statements may have some as well.
        bodies.body("this block");
      }
      case PtxTextParser.RBRACE -> throw new PtxFault(source.at(), "'}' without '{'");
      default -> definition();
    }
  }

  private void header() {
    var header = source.parse(PtxTextParser::header);
    switch (header.getStart().getType()) {
      case PtxTextParser.VERSION -> version = header.FLOAT().getText();
      case PtxTextParser.TARGET ->
          header.WORD().forEach(word -> targets.add(names.plain(word.getSymbol())));
      default -> addressSize = NumberText.small(header.INTEGER().getSymbol());
    }
  }

  private void file() {
    var file = source.parse(PtxTextParser::file);
    sourceFiles.put(
        NumberText.small(file.INTEGER(0).getSymbol()),
        StatementBuilder.unquoted(file.STRING().getText()));
  }

  private void alias() {
    var alias = source.parse(PtxTextParser::alias);
    aliases.put(names.plain(alias.WORD(0).getSymbol()), names.plain(alias.WORD(1).getSymbol()));
  }

  /** Debug information in sections of its own is for other tools. */
  private void section() {
    while (source.type() != PtxTextParser.LBRACE) {
      if (source.atEnd() || source.type() == PtxTextParser.SEMICOLON) {
        throw new PtxFault(source.at(), "expected '{' after '.section'");
      }
      source.advance();
    }
    source.skipBraces();
  }

  private void definition() {
    int offset = 1;
    while (offset < MOST_LINKAGES && isLinkage(source.type(offset))) {
      offset++;
    }
    switch (source.type(offset)) {
      case PtxTextParser.ENTRY, PtxTextParser.FUNC -> function();
      case PtxTextParser.SPACE,
          PtxTextParser.VECTOR,
          PtxTextParser.ALIGN,
          PtxTextParser.ATTRIBUTE ->
          variable();
      case PtxTextParser.REG ->
          throw new PtxFault(source.at(), "registers can be declared in functions only");
      case PtxTextParser.DIRECTIVE -> variable();
      default ->
          throw new PtxFault(
              source.at(), "'" + source.token().getText() + "' cannot stand outside of functions");
    }
  }

  private static boolean isLinkage(int type) {
    return switch (type) {
      case PtxTextParser.EXTERN, PtxTextParser.VISIBLE, PtxTextParser.WEAK, PtxTextParser.COMMON ->
          true;
      default -> false;
    };
  }

  private void variable() {
    for (Variable variable : declarations.variables(source.parse(PtxTextParser::declaration))) {
      variables.add(variable);
      remember(variable);
    }
  }

  private void function() {
    var head = FunctionBuilder.of(source.parse(PtxTextParser::function), names, declarations);
    head.declaration().parameters().forEach(this::remember);
    switch (source.type()) {
      case PtxTextParser.SEMICOLON -> {
        source.advance();
        functions.add(head.declaration());
      }
      case PtxTextParser.LBRACE ->
          functions.add(head.withBody(bodies.body("'" + head.declaration().name() + "'")));
      case Token.EOF ->
          throw new PtxFault(
              source.at(), "'" + head.declaration().name() + "' has no body: the text ends here");
      default ->
          throw new PtxFault(
              source.at(),
              "expected '{' or ';' after the head of '" + head.declaration().name() + "'");
    }
  }

  // ---- sizes of elements, for names with an index

  private void remember(Variable variable) {
    elementBytes.put(variable.name(), (long) variable.type().bytes() * variable.vector());
  }

  private long elementBytes(Operand.Name name) {
    Long bytes = elementBytes.get(name.name());
    if (bytes == null) {
      throw new PtxFault(name.at(), "'" + name.name() + "' is not an array known here");
    }
    return bytes;
  }
}
