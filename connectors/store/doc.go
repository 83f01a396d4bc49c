// Store keeps tables: the model of a connector that writes, defines, and takes part in transactions.
package main
