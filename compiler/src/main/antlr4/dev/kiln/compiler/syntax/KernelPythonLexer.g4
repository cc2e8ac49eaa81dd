/**
 * Tokens of Python 3. What a context-free lexer cannot do is in IndentationLexer: INDENT, DEDENT and NEWLINE, joined
 * lines within brackets, strings, and the recovery from faults in either.
 */
lexer grammar KernelPythonLexer;

options {
  superClass = IndentationLexer;
}

// MATCH, CASE and TYPE are names to the lexer; a line that can only be such a statement is recognised in TokenizedSource.
tokens {
  INDENT,
  DEDENT,
  FSTRING,
  BYTES,
  MATCH,
  CASE,
  TYPE
}

FALSE: 'False';
NONE: 'None';
TRUE: 'True';
AND: 'and';
AS: 'as';
ASSERT: 'assert';
ASYNC: 'async';
AWAIT: 'await';
BREAK: 'break';
CLASS: 'class';
CONTINUE: 'continue';
DEF: 'def';
DEL: 'del';
ELIF: 'elif';
ELSE: 'else';
EXCEPT: 'except';
FINALLY: 'finally';
FOR: 'for';
FROM: 'from';
GLOBAL: 'global';
IF: 'if';
IMPORT: 'import';
IN: 'in';
IS: 'is';
LAMBDA: 'lambda';
NONLOCAL: 'nonlocal';
NOT: 'not';
OR: 'or';
PASS: 'pass';
RAISE: 'raise';
RETURN: 'return';
TRY: 'try';
WHILE: 'while';
WITH: 'with';
YIELD: 'yield';

LPAR: '(';
RPAR: ')';
LBRACKET: '[';
RBRACKET: ']';
LBRACE: '{';
RBRACE: '}';
COMMA: ',';
COLON: ':';
SEMICOLON: ';';
DOT: '.';
ELLIPSIS: '...';
ARROW: '->';
WALRUS: ':=';
ASSIGN: '=';

PLUS: '+';
MINUS: '-';
STAR: '*';
DOUBLE_STAR: '**';
SLASH: '/';
DOUBLE_SLASH: '//';
PERCENT: '%';
AT: '@';
AMPERSAND: '&';
BAR: '|';
CARET: '^';
SHIFT_LEFT: '<<';
SHIFT_RIGHT: '>>';
TILDE: '~';

EQ: '==';
NE: '!=';
LT: '<';
LE: '<=';
GT: '>';
GE: '>=';

PLUS_ASSIGN: '+=';
MINUS_ASSIGN: '-=';
STAR_ASSIGN: '*=';
POW_ASSIGN: '**=';
SLASH_ASSIGN: '/=';
FLOOR_ASSIGN: '//=';
PERCENT_ASSIGN: '%=';
AT_ASSIGN: '@=';
AND_ASSIGN: '&=';
OR_ASSIGN: '|=';
XOR_ASSIGN: '^=';
SHL_ASSIGN: '<<=';
SHR_ASSIGN: '>>=';

INTEGER: DECIMAL_INTEGER | HEX_INTEGER | OCTAL_INTEGER | BINARY_INTEGER;
FLOAT: (DIGITS '.' DIGITS? | '.' DIGITS) EXPONENT? | DIGITS EXPONENT;
IMAGINARY: (DIGITS ('.' DIGITS?)? | '.' DIGITS) EXPONENT? [jJ];
/** Longer than any number above, so that "12ab" is one fault and not two tokens. */
BAD_NUMBER: [0-9] [0-9a-zA-Z_]*;

NAME: [_\p{XID_Start}] [\p{XID_Continue}]*;

/** The opening quote; IndentationLexer reads on to the closing one and says which kind of string it is. */
STRING: STRING_PREFIX? ['"] { string(); };

NEWLINE: '\r'? '\n' | '\r';
COMMENT: '#' ~[\r\n]* -> skip;
LINE_JOINING: '\\' ('\r'? '\n' | '\r') -> skip;
WHITESPACE: [ \t\f\uFEFF]+ -> skip;
INVALID: .;

fragment STRING_PREFIX: [rRuUbBfF] | [bBfF] [rR] | [rR] [bBfF];
fragment DIGITS: [0-9] ('_'? [0-9])*;
fragment EXPONENT: [eE] [+-]? DIGITS;
fragment DECIMAL_INTEGER: [1-9] ('_'? [0-9])* | '0' ('_'? '0')*;
fragment HEX_INTEGER: '0' [xX] ('_'? [0-9a-fA-F])+;
fragment OCTAL_INTEGER: '0' [oO] ('_'? [0-7])+;
fragment BINARY_INTEGER: '0' [bB] ('_'? [01])+;
